//! What instructions take from the stack and leave on it (`Python/compile.c`, `stack_effect`; `Python/ceval.c`;
//! `Python/bytecodes.c` from 3.12 on).

use super::{instruction::Instruction, opcode::Op, version::Version};

/// Values that an instruction takes from the stack, and those that it leaves there instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Effect {
    /// Values that have to be there: those that it looks at and leaves as they are, too.
    pub(super) takes: u32,
    /// Values that the next instruction finds instead.
    pub(super) leaves: u32,
    /// Those that are found where it jumps to; for what begins a block, where its handler begins.
    pub(super) leaves_there: u32,
}

impl Effect {
    const fn new(takes: u32, leaves: u32) -> Self {
        Self { takes, leaves, leaves_there: leaves }
    }

    const fn there(self, leaves_there: u32) -> Self {
        Self { leaves_there, ..self }
    }

    /// Looks at values `depth` below the top and leaves them there; `takes` lie above.
    const fn below(takes: u32, depth: u32) -> Self {
        Self::new(takes.saturating_add(depth), depth)
    }
}

/// The effect of an instruction; nothing: what it does is not known, or not what stands on the stack where it goes on.
#[expect(clippy::too_many_lines, reason = "one line an opcode")]
pub(super) fn effect(instruction: &Instruction, version: Version) -> Option<Effect> {
    let arg = instruction.arg;
    // What a handler finds: the exception raised before and this one, in three parts each; 2.7 has but this one.
    let raised = if version == Version::V2_7 { 3 } else { 6 };
    let both = |of: u32| of.saturating_mul(2);
    let and = |of: u32, more: u32| of.saturating_add(more);
    let flag = |bit: u32| u32::from(arg & bit != 0);
    Some(match instruction.op {
        Op::Cache
        | Op::CopyFreeVars
        | Op::DeleteDeref
        | Op::DeleteFast
        | Op::DeleteGlobal
        | Op::DeleteName
        | Op::ExtendedArg
        // What is sent to a generator that begins lies there before it begins.
        | Op::GenStart
        | Op::JumpAbsolute
        | Op::JumpBackward
        | Op::JumpBackwardNoInterrupt
        | Op::JumpForward
        | Op::KwNames
        | Op::MakeCell
        | Op::Nop
        | Op::NotTaken
        | Op::PrintNewline
        | Op::Resume
        | Op::ReturnConst
        | Op::SetupAnnotations
        | Op::SetupLoop
        // The end of a loop's block takes what lies above; compilers leave nothing there.
        | Op::PopBlock
        | Op::BreakLoop
        | Op::StopCode => Effect::new(0, 0),
        Op::BeginFinally
        | Op::LoadAssertionError
        | Op::LoadBuildClass
        | Op::LoadClassderef
        | Op::LoadClosure
        | Op::LoadCommonConstant
        | Op::LoadConst
        | Op::LoadDeref
        | Op::LoadFast
        | Op::LoadFastAndClear
        | Op::LoadFastBorrow
        | Op::LoadFastCheck
        | Op::LoadLocals
        | Op::LoadName
        | Op::LoadSmallInt
        | Op::PushNull
        | Op::ReturnGenerator => Effect::new(0, 1),
        Op::LoadFastLoadFast | Op::LoadFastBorrowLoadFastBorrow => Effect::new(0, 2),
        Op::LoadGlobal if version >= Version::V3_11 => Effect::new(0, and(1, flag(1))),
        Op::LoadGlobal => Effect::new(0, 1),
        Op::DeleteAttr
        | Op::DeleteSlice0
        | Op::ExitInitCheck
        | Op::ImportStar
        | Op::InterpreterExit
        | Op::PopIter
        | Op::PopJumpBackwardIfFalse
        | Op::PopJumpBackwardIfNone
        | Op::PopJumpBackwardIfNotNone
        | Op::PopJumpBackwardIfTrue
        | Op::PopJumpForwardIfFalse
        | Op::PopJumpForwardIfNone
        | Op::PopJumpForwardIfNotNone
        | Op::PopJumpForwardIfTrue
        | Op::PopJumpIfFalse
        | Op::PopJumpIfNone
        | Op::PopJumpIfNotNone
        | Op::PopJumpIfTrue
        | Op::PopTop
        | Op::PrintExpr
        | Op::PrintItem
        | Op::PrintNewlineTo
        | Op::ReturnValue
        | Op::StoreAnnotation
        | Op::StoreDeref
        | Op::StoreFast
        | Op::StoreGlobal
        | Op::StoreName
        // Behind a body that ran through it takes one value; behind a handler, all of what was raised, and raises that again.
        | Op::EndFinally => Effect::new(1, 0),
        Op::JumpIfFalseOrPop | Op::JumpIfTrueOrPop => Effect::new(1, 0).there(1),
        Op::AsyncGenWrap
        | Op::CallIntrinsic1
        | Op::ConvertValue
        | Op::FormatSimple
        | Op::GetAiter
        | Op::GetAwaitable
        | Op::GetIter
        | Op::GetYieldFromIter
        | Op::ListToTuple
        | Op::LoadFromDictOrDeref
        | Op::LoadFromDictOrGlobals
        | Op::Slice0
        | Op::StoreFastLoadFast
        | Op::ToBool
        | Op::UnaryConvert
        | Op::UnaryInvert
        | Op::UnaryNegative
        | Op::UnaryNot
        | Op::UnaryPositive
        | Op::YieldValue => Effect::new(1, 1),
        Op::LoadAttr if version >= Version::V3_12 => Effect::new(1, and(1, flag(1))),
        Op::LoadAttr => Effect::new(1, 1),
        Op::LoadSuperAttr => Effect::new(3, and(1, flag(1))),
        Op::BeforeAsyncWith
        | Op::BeforeWith
        | Op::DupTop
        | Op::GetAnext
        | Op::GetLen
        | Op::ImportFrom
        | Op::LoadMethod
        | Op::LoadSpecial
        | Op::MatchMapping
        | Op::MatchSequence
        | Op::PushExcInfo => Effect::new(1, 2),
        Op::DeleteSlice1
        | Op::DeleteSlice2
        | Op::DeleteSubscr
        | Op::JumpIfNotExcMatch
        | Op::PrintItemTo
        | Op::StoreAttr
        | Op::StoreFastStoreFast
        | Op::StoreSlice0
        | Op::WithCleanupFinish => Effect::new(2, 0),
        op if super::operate::binary(op).is_some() => Effect::new(2, 1),
        Op::BinaryOp
        | Op::BinarySubscr
        | Op::BuildTemplate
        | Op::CallIntrinsic2
        | Op::CompareOp
        | Op::ContainsOp
        | Op::EndSend
        | Op::FormatWithSpec
        | Op::ImportName
        | Op::IsOp
        | Op::PrepReraiseStar
        | Op::SetFunctionAttribute
        | Op::Slice1
        | Op::Slice2
        | Op::WithCleanup
        | Op::YieldFrom => Effect::new(2, 1),
        Op::CheckEgMatch | Op::CheckExcMatch | Op::CopyDictWithoutKeys => Effect::new(2, 2),
        Op::WithCleanupStart => Effect::new(2, 3),
        Op::MatchKeys if version == Version::V3_10 => Effect::new(2, 4),
        Op::MatchKeys => Effect::new(2, 3),
        Op::DeleteSlice3 | Op::ExecStmt | Op::StoreSlice1 | Op::StoreSlice2 | Op::StoreSubscr => Effect::new(3, 0),
        Op::BinarySlice | Op::BuildClass | Op::Slice3 | Op::StoreMap => Effect::new(3, 1),
        Op::MatchClass if version == Version::V3_10 => Effect::new(3, 2),
        Op::MatchClass => Effect::new(3, 1),
        Op::CleanupThrow => Effect::new(3, 2),
        Op::StoreSlice | Op::StoreSlice3 => Effect::new(4, 0),
        // Iterators that are exhausted stay from 3.12 on, and a value with them.
        Op::ForIter => Effect::new(1, 2).there(if version >= Version::V3_12 { 2 } else { 0 }),
        Op::Send => Effect::new(2, 2).there(if version >= Version::V3_12 { 2 } else { 1 }),
        Op::EndFor => Effect::new(if version == Version::V3_12 { 2 } else { 1 }, 0),
        Op::EndAsyncFor => Effect::new(if version >= Version::V3_11 { 2 } else { 7 }, 0),
        Op::PopExcept => Effect::new(if version >= Version::V3_11 { 1 } else { 3 }, 0),
        Op::WithExceptStart => match version {
            Version::V3_14 => Effect::new(5, 6),
            Version::V3_11 | Version::V3_12 | Version::V3_13 => Effect::new(4, 5),
            _ => Effect::new(7, 8),
        },
        Op::Reraise if version >= Version::V3_11 => Effect::new(and(arg, 1), 0),
        Op::Reraise => Effect::new(3, 0),
        Op::RaiseVarargs => Effect::new(arg, 0),
        Op::SetupExcept | Op::SetupFinally => Effect::new(0, 0).there(raised),
        Op::SetupWith => Effect::new(1, 2).there(and(raised, 1)),
        Op::SetupAsyncWith => Effect::new(1, 1).there(raised),
        Op::CallFinally => Effect::new(0, 0).there(1),
        Op::PopFinally => Effect::below(1, flag(u32::MAX)),
        // Copies and moves.
        Op::Copy => Effect::new(arg, and(arg, 1)),
        Op::DupTopTwo => Effect::new(2, 4),
        Op::DupTopx => Effect::new(arg, both(arg)),
        Op::Swap | Op::RotN => Effect::new(arg, arg),
        Op::RotTwo => Effect::new(2, 2),
        Op::RotThree => Effect::new(3, 3),
        Op::RotFour => Effect::new(4, 4),
        // Displays.
        Op::BuildMap if version == Version::V2_7 => Effect::new(0, 1),
        Op::BuildMap => Effect::new(both(arg), 1),
        Op::BuildConstKeyMap => Effect::new(and(arg, 1), 1),
        Op::BuildList
        | Op::BuildListUnpack
        | Op::BuildMapUnpack
        | Op::BuildMapUnpackWithCall
        | Op::BuildSet
        | Op::BuildSetUnpack
        | Op::BuildString
        | Op::BuildTuple
        | Op::BuildTupleUnpack
        | Op::BuildTupleUnpackWithCall => Effect::new(arg, 1),
        Op::BuildSlice => Effect::new(if arg == 3 { 3 } else { 2 }, 1),
        Op::BuildInterpolation => Effect::new(and(2, flag(1)), 1),
        Op::FormatValue => Effect::new(and(1, flag(4)), 1),
        Op::DictMerge | Op::DictUpdate | Op::ListAppend | Op::ListExtend | Op::SetAdd | Op::SetUpdate => {
            Effect::below(1, arg)
        }
        Op::MapAdd => Effect::below(2, arg),
        Op::UnpackSequence => Effect::new(1, arg),
        Op::UnpackEx => Effect::new(1, and(and(arg & 0xff, arg >> 8), 1)),
        // Functions and calls.
        Op::MakeFunction => match version {
            Version::V2_7 => Effect::new(and(arg, 1), 1),
            Version::V3_13 | Version::V3_14 => Effect::new(1, 1),
            Version::V3_11 | Version::V3_12 => Effect::new(and(1, (arg & 15).count_ones()), 1),
            _ => Effect::new(and(2, (arg & 15).count_ones()), 1),
        },
        Op::MakeClosure => Effect::new(and(arg, 2), 1),
        Op::CallFunction | Op::CallFunctionKw | Op::CallFunctionVar | Op::CallFunctionVarKw
            if version == Version::V2_7 =>
        {
            let more = match instruction.op {
                Op::CallFunction => 1,
                Op::CallFunctionVarKw => 3,
                _ => 2,
            };
            Effect::new(and(and(arg & 0xff, both(arg >> 8 & 0xff)), more), 1)
        }
        Op::CallFunction => Effect::new(and(arg, 1), 1),
        Op::CallFunctionKw | Op::CallMethod | Op::Call => Effect::new(and(arg, 2), 1),
        Op::CallKw => Effect::new(and(arg, 3), 1),
        Op::Precall => Effect::new(and(arg, 2), and(arg, 2)),
        Op::CallFunctionEx => match version {
            Version::V3_14 => Effect::new(4, 1),
            Version::V3_11 | Version::V3_12 | Version::V3_13 => Effect::new(and(3, flag(1)), 1),
            _ => Effect::new(and(2, flag(1)), 1),
        },
        _ => return None,
    })
}
